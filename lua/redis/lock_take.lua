-- An attempt to prove who one is, counted before it is made, so that many at
-- once are no more than the limit allows.
--
-- KEYS     hashes of n (attempts that failed, or are under way) and until
-- ARGV     seconds of the first pause, of the longest, and after which
--          failures are forgotten; then of each key, how many are free
--
-- Returns { 0, attempts left }, or { seconds to wait, which key tells so }.

local now = redis.call("TIME")[1] + 0
local wait, which = 0, 0

for i, key in ipairs(KEYS) do
    local left = (redis.call("HGET", key, "until") or 0) - now

    if left > wait then
        wait, which = left, i
    end
end

if wait > 0 then
    return { wait, which }
end

local least

for i, key in ipairs(KEYS) do
    local n = redis.call("HINCRBY", key, "n", 1)
    local over = n - ARGV[3 + i]
    local life = ARGV[3] + 0

    if over >= 0 then
        local pause = math.min(ARGV[1] * 2 ^ math.min(over, 30), ARGV[2] + 0)

        redis.call("HSET", key, "until", now + pause)
        life = math.max(life, pause)
    end

    redis.call("EXPIRE", key, life)

    if not least or -over < least then
        least = math.max(-over, 0)
    end
end

return { 0, least }
