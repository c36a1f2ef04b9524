-- Of all that come with a ticket exactly one gets it, on its channel.  On
-- another one it stays what it is: whoever has it may do no more there.
--
-- KEYS[1]  hpf:{t:HASH}
-- ARGV[1]  channel
--
-- Returns { 1, hash of the session }, { 0, "" }: there is no such ticket, or
-- { 2, "" }: it is of another channel.

local t = redis.call("HMGET", KEYS[1], "channel", "session")

if not t[1] then
    return { 0, "" }
end

if t[1] ~= ARGV[1] then
    return { 2, "" }
end

redis.call("UNLINK", KEYS[1])

return { 1, t[2] }
