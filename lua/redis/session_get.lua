-- The session of a token; its idle time begins anew.
--
-- KEYS[1]  hpf:{s:HASH}, with uid, type, level, subj, idle, ends
-- KEYS[2]  hpf:idle:{s:HASH}, which lives as long as the session is in use
-- ARGV[1]  number of limits of the user that are to be taken, with
-- ARGV     the HASH of each hpf:{u:UID}:limit:HASH, and then what
--          limit.inc.lua wants; not in a cluster, where they are elsewhere
--
-- The idle time is a key of its own because caches are told of every change
-- of the first.  Returns false when there is no session, else
-- { uid, type, level, subj, idle, seconds until it ends absolutely, and what
-- the limits answer }.

local s = redis.call("HMGET", KEYS[1],
                     "uid", "type", "level", "subj", "idle", "ends")

if not s[1] then
    return false
end

local left = tonumber(s[6]) - redis.call("TIME")[1]

if left <= 0 or redis.call("EXPIRE", KEYS[2], s[5]) == 0 then
    redis.call("UNLINK", KEYS[1], KEYS[2])
    return false
end

local answer = { s[1], s[2], s[3], s[4], tonumber(s[5]), left }
local n = tonumber(ARGV[1])

if n > 0 then
    local keys = {}

    for i = 1, n do
        keys[i] = "hpf:{u:" .. s[1] .. "}:limit:" .. ARGV[i + 1]
    end

    for i, number in ipairs(limit_take(keys, ARGV, n + 2)) do
        answer[i + 6] = number
    end
end

return answer
