-- A case whose opening was not confirmed, and that its user was told of as
-- failed, is no case: unless somebody has asked the back end about it.
--
-- KEYS[1]  hpf:{u:UID}:case:NO
-- KEYS[2]  hpf:{u:UID}:cases
-- ARGV[1]  number
--
-- Returns 1 when it was taken back.

local c = redis.call("HMGET", KEYS[1], "steps", "claimed")

-- steps that follow the first one have a comma between them

if not c[1] or c[2] or c[1]:find("},{", 1, true) then
    return 0
end

redis.call("UNLINK", KEYS[1])
redis.call("ZREM", KEYS[2], ARGV[1])

return 1
