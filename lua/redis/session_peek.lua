-- What there is to say of a session, whose idle time goes on.
--
-- KEYS[1]  hpf:{s:HASH}
-- KEYS[2]  hpf:idle:{s:HASH}
--
-- Returns false when there is none, else { uid, level, channel, factors,
-- millisecond at which it began, seconds until it ends absolutely, seconds
-- since it was used, handler, certificate that it relies on }.

local s = redis.call("HMGET", KEYS[1], "uid", "level", "channel", "factors",
                     "began", "ends", "idle", "handler", "cert")

if not s[1] then
    return false
end

local left = redis.call("TTL", KEYS[2])

s[6] = s[6] - redis.call("TIME")[1]
s[7] = s[7] - left
s[8] = s[8] or ""
s[9] = s[9] or ""

if s[6] <= 0 or left < 0 then
    return false
end

return s
