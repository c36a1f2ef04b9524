-- A user is locked, or not any more.  Sessions that begin at this moment are
-- void, of a unit those of all its handlers.
--
-- KEYS[1]  hpf:{u:UID}:profile
-- KEYS[2]  hpf:{u:UID}:handlers
-- ARGV     who did it, why, or "" for an end of it; prefix of the handlers'
--          keys, which are in the same slot
--
-- Returns 1, or 0: there is no such user, or no lock.

local call = redis.call

if call("HEXISTS", KEYS[1], "type") == 0 then
    return 0
end

if ARGV[2] == "" then
    return call("HDEL", KEYS[1], "locked", "locked_by", "locked_why") > 0
           and 1 or 0
end

call("HSET", KEYS[1], "locked", call("TIME")[1], "locked_by", ARGV[1],
     "locked_why", ARGV[2])
call("HINCRBY", KEYS[1], "epoch", 1)

for _, id in ipairs(call("HVALS", KEYS[2])) do
    call("HINCRBY", ARGV[3] .. id, "epoch", 1)
end

return 1
