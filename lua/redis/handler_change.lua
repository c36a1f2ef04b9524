-- A handler of a unit is limited to items, or removed; his sessions are to
-- end.  The epoch has changed before they are listed, so that one that is made
-- at this moment is either in the list or not given out.
--
-- KEYS[1]  hpf:{u:UID}:handlers
-- KEYS[2]  hpf:{u:UID}:handler:HID
-- KEYS[3]  hpf:{u:UID}:handler:HID:sessions
-- ARGV     role, "" to remove him; items as JSON, "" for all
--
-- Returns the hashes of his sessions; 0: it is the administrator, who is not
-- changed; -1: there is no such handler.

local h = redis.call("HMGET", KEYS[2], "role", "m")

if not h[1] then
    return -1
end

if h[1] == "a" then
    return 0
end

local sessions = redis.call("ZRANGE", KEYS[3], 0, -1)

if ARGV[1] == "" then
    redis.call("HDEL", KEYS[1], h[2])
    redis.call("UNLINK", KEYS[2])
else
    redis.call("HSET", KEYS[2], "role", ARGV[1], "items", ARGV[2])
    redis.call("HINCRBY", KEYS[2], "epoch", 1)
end

redis.call("UNLINK", KEYS[3])

return sessions
