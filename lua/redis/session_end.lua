-- A session ends.  For a while it is known why, for whoever comes with it.
--
-- KEYS[1]  hpf:{s:HASH}
-- KEYS[2]  hpf:end:{s:HASH}
-- ARGV     why, seconds for which that is known
--
-- Returns 1, or 0: there was none.

local n = redis.call("UNLINK", KEYS[1])

if n == 1 then
    redis.call("SET", KEYS[2], ARGV[1], "EX", ARGV[2])
end

return n
