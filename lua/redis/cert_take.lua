-- What was to be signed?  Whoever asks first is told, and nobody after.
--
-- KEYS[1]  hpf:{ch:ID}
-- ARGV[1]  purpose
--
-- Returns the text, or false: there is none, or for another purpose.

local c = redis.call("HMGET", KEYS[1], "nonce", "purpose")

if not c[1] then
    return false
end

redis.call("UNLINK", KEYS[1])

return c[2] == ARGV[1] and c[1]
