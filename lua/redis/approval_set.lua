-- Approves a version of a plugin, or takes an approval back.
--
-- KEYS[1]  hpf:cfg:plugins
-- ARGV[1]  the number of the set that the node knows
-- ARGV[2]  id of the plugin
-- ARGV[3]  digest
-- ARGV[4]  "approved" or "removed"
--
-- Returns the number of the new set; 0 when another version is approved than
-- the one that is to be removed; -1 when the node knows a newer set.

local key, id, digest = KEYS[1], ARGV[2], ARGV[3]
local number = tonumber(redis.call("HGET", key, "#") or 0)

if number < tonumber(ARGV[1]) then
    return -1
end

if ARGV[4] == "approved" then
    redis.call("HSET", key, id, digest)

elseif redis.call("HGET", key, id) == digest then
    redis.call("HDEL", key, id)

else
    return 0
end

return redis.call("HINCRBY", key, "#", 1)
