-- A certificate leads to a user.  The first to ask has it.
--
-- KEYS[1]  hpf:{x:HASH}
-- ARGV     user id (of a unit, a slash and its handler), digest of its public
--          key
--
-- Returns 1, or 0: it leads to somebody else, or is of another key.

local x = redis.call("HMGET", KEYS[1], "uid", "key")

if x[1] then
    return x[1] == ARGV[1] and x[2] == ARGV[2] and 1 or 0
end

redis.call("HSET", KEYS[1], "uid", ARGV[1], "key", ARGV[2])

return 1
