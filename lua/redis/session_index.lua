-- The sessions of a user: one more, or one less.  Those that have ended by
-- themselves are forgotten on the way.
--
-- KEYS[1]  hpf:{u:UID}:sessions    by the second at which each ends at last
-- KEYS[2]  hpf:{u:UID}:handler:HID:sessions    the same of who acts for a unit
-- ARGV     hash of the session, seconds to live or 0 to remove it

local now = redis.call("TIME")[1] + 0

for _, key in ipairs(KEYS) do
    redis.call("ZREMRANGEBYSCORE", key, "-inf", now)

    if ARGV[2] == "0" then
        redis.call("ZREM", key, ARGV[1])

    else
        redis.call("ZADD", key, now + ARGV[2], ARGV[1])

        local last = redis.call("ZRANGE", key, -1, -1, "WITHSCORES")

        redis.call("EXPIREAT", key, last[2])
    end
end

return 1
