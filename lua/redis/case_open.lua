-- A case is opened, once under its number; with an idempotency key only while
-- the attempt is the one that counts, for this may come late.
--
-- KEYS[1]  hpf:{u:UID}:case:NO
-- KEYS[2]  hpf:{u:UID}:cases        numbers by the second of opening
-- KEYS[3]  hpf:{u:UID}:idem:HASH    of the attempt, when it has a key
-- ARGV     number, item, status, channel, opened (s), due (s, 0: at once),
--          sealed data, first step (JSON), token of the attempt or ""

if redis.call("EXISTS", KEYS[1]) == 1 then
    return 0
end

if KEYS[3] and redis.call("HGET", KEYS[3], "token") ~= ARGV[9] then
    return 0
end

redis.call("HSET", KEYS[1], "item", ARGV[2], "status", ARGV[3],
           "channel", ARGV[4], "opened", ARGV[5], "due", ARGV[6],
           "data", ARGV[7], "steps", ARGV[8])
redis.call("ZADD", KEYS[2], ARGV[5], ARGV[1])

if KEYS[3] then
    redis.call("HSET", KEYS[3], "case", ARGV[1])
end

return 1
