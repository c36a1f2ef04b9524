-- May a code be sent to this number now?
--
-- KEYS[1]  hpf:{m:HASH}:sms:PURPOSE, set while the last code is too young
-- KEYS[2]  hpf:{m:HASH}:sms:day: codes of the last 24 hours
-- ARGV[1]  seconds between two codes
-- ARGV[2]  codes a day
--
-- Returns { 0 }, or { which limit: 1 resend, 2 day; seconds to wait }.

local n = tonumber(redis.call("GET", KEYS[2]) or "0")

if n >= tonumber(ARGV[2]) then
    return { 2, redis.call("TTL", KEYS[2]) }
end

if not redis.call("SET", KEYS[1], "1", "NX", "EX", ARGV[1]) then
    return { 1, redis.call("TTL", KEYS[1]) }
end

if redis.call("INCR", KEYS[2]) == 1 then
    redis.call("EXPIRE", KEYS[2], 86400)
end

return { 0 }
