-- The sessions of a user: one more, or one less.  Those that have ended by
-- themselves are forgotten on the way.
--
-- KEYS[1]  hpf:{u:UID}:sessions    by the second at which each ends at last
-- ARGV     hash of the session, seconds to live or 0 to remove it

local now = redis.call("TIME")[1] + 0

redis.call("ZREMRANGEBYSCORE", KEYS[1], "-inf", now)

if ARGV[2] == "0" then
    return redis.call("ZREM", KEYS[1], ARGV[1])
end

redis.call("ZADD", KEYS[1], now + ARGV[2], ARGV[1])

local last = redis.call("ZRANGE", KEYS[1], -1, -1, "WITHSCORES")

redis.call("EXPIREAT", KEYS[1], last[2])

return 1
