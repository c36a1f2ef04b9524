-- A user's binding on a channel: another one, or none.
--
-- KEYS[1]  hpf:{u:UID}:bindings, by channel: "HASH SECOND SEALED-SUBJECT"
-- ARGV     channel, hash of the subject or "", sealed subject
--
-- Returns the hash of what was bound there before, or "".

local old = redis.call("HGET", KEYS[1], ARGV[1])

if ARGV[2] == "" then
    redis.call("HDEL", KEYS[1], ARGV[1])
else
    redis.call("HSET", KEYS[1], ARGV[1], ARGV[2] .. " "
               .. redis.call("TIME")[1] .. " " .. ARGV[3])
end

return old and old:match("^%x+") or ""
