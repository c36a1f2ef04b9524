-- A node knows a newer set of approved plugins than Redis, which has lost it.
--
-- KEYS[1]  hpf:cfg:plugins
-- ARGV[1]  the number of the set
-- ARGV[2...]  id and digest of each
--
-- Returns 1, or 0 when what is there is as new.

local number = tonumber(redis.call("HGET", KEYS[1], "#") or 0)

if number >= tonumber(ARGV[1]) then
    return 0
end

redis.call("DEL", KEYS[1])
redis.call("HSET", KEYS[1], "#", unpack(ARGV))

return 1
