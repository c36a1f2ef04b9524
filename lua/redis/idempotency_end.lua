-- A first attempt has its answer, or is to be forgotten.
--
-- KEYS[1]  hpf:{u:UID}:idem:HASH
-- ARGV[1]  the token of the attempt
-- ARGV[2]  status; "" forgets the attempt, but not the case it has opened
-- ARGV[3]  sealed answer
-- ARGV[4]  location
-- ARGV[5]  case number

if redis.call("HGET", KEYS[1], "token") ~= ARGV[1] then
    return 0
end

if ARGV[2] == "" then

    if redis.call("HEXISTS", KEYS[1], "case") == 1 then
        redis.call("HSET", KEYS[1], "until", 0)
        return 1
    end

    return redis.call("UNLINK", KEYS[1])
end

redis.call("HSET", KEYS[1], "status", ARGV[2], "answer", ARGV[3],
           "location", ARGV[4], "case", ARGV[5])
redis.call("HDEL", KEYS[1], "token", "until")
redis.call("EXPIRE", KEYS[1], 86400)

return 1
