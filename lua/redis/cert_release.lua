-- A certificate leads to its user no more.
--
-- KEYS[1]  hpf:{x:HASH}
-- ARGV[1]  user id: nobody else's is let go; of a unit, whichever handler's

local uid = redis.call("HGET", KEYS[1], "uid")

if not uid or uid:match("^[^/]*") ~= ARGV[1] then
    return 0
end

return redis.call("UNLINK", KEYS[1])
