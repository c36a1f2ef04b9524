-- Whose is this ID number?  The first to ask has it.
--
-- KEYS[1]  hpf:{i:HASH}
-- ARGV[1]  user id
--
-- Returns the user id that has it.

if redis.call("SET", KEYS[1], ARGV[1], "NX") then
    return ARGV[1]
end

return redis.call("GET", KEYS[1])
