-- Copyright (C) the HPF gateway authors
--
-- Sets a key to a new value if it holds the expected one; an empty expected
-- value means that there must be no such key.
-- KEYS: key.  ARGV: expected value, new value, life in ms (0: for ever).
-- Returns 1 when set, 0 when not.

local value = redis.call("GET", KEYS[1])

if (value or "") ~= ARGV[1] then
    return 0
end

local life = tonumber(ARGV[3])

if life > 0 then
    redis.call("SET", KEYS[1], ARGV[2], "PX", life)
else
    redis.call("SET", KEYS[1], ARGV[2])
end

return 1
