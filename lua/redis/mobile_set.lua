-- Another mobile number, unless it was changed meanwhile; sessions are to end.
--
-- KEYS[1]  hpf:{u:UID}:profile or hpf:{u:UID}:handler:HID
-- KEYS[2]  of a handler hpf:{u:UID}:handlers, whom numbers lead to
-- ARGV     keyed hash of the number that it was, of the new one, the new one
--          sealed, id of the handler
--
-- Returns the epoch; -1: it was changed; -2: another handler has the number.

if (redis.call("HGET", KEYS[1], "m") or "") ~= ARGV[1] then
    return -1
end

if KEYS[2] then
    local id = redis.call("HGET", KEYS[2], ARGV[2])

    if id and id ~= ARGV[4] then
        return -2
    end

    redis.call("HDEL", KEYS[2], ARGV[1])
    redis.call("HSET", KEYS[2], ARGV[2], ARGV[4])
end

redis.call("HSET", KEYS[1], "m", ARGV[2], "mobile", ARGV[3])

return redis.call("HINCRBY", KEYS[1], "epoch", 1)
