-- Is this the code?  Of all that ask with the right one, exactly one is told
-- so; every wrong attempt is counted.
--
-- KEYS[1]  hpf:{ch:ID}
-- ARGV     keyed hash of the number, keyed hash of the code, purpose; an
--          empty hash of the number is never right
--
-- Returns { 1 or 0, attempts left }.

local c = redis.call("HMGET", KEYS[1], "m", "code", "purpose", "left")

if not c[1] then
    return { 0, 0 }
end

if c[1] == ARGV[1] and c[2] == ARGV[2] and c[3] == ARGV[3] then
    redis.call("UNLINK", KEYS[1])
    return { 1, 0 }
end

local left = tonumber(c[4]) - 1

if left > 0 then
    redis.call("HSET", KEYS[1], "left", left)
else
    redis.call("UNLINK", KEYS[1])
end

return { 0, left }
