-- The session of a token; its idle time begins anew.
--
-- KEYS[1]  hpf:{s:HASH}, with uid, type, level, subj, idle, ends,
--          factors, channel, handler, cert
-- KEYS[2]  hpf:idle:{s:HASH}, which lives as long as the session is in use
-- KEYS[3]  hpf:end:{s:HASH}, for ten minutes why it has ended
-- ARGV[1]  number of limits of the user that are to be taken, with
-- ARGV     the HASH of each hpf:{u:UID}:limit:HASH, and then what
--          limit.inc.lua wants; not in a cluster, where they are elsewhere
--
-- The idle time is a key of its own because caches are told of every change
-- of the first.  Returns false when no session is known, why it has ended, or
-- { uid, type, level, subj, idle, seconds until it ends absolutely, factors,
-- channel, handler, the second that it is now, certificate that it relies on,
-- and what the limits answer }.

local call = redis.call
local s = call("HMGET", KEYS[1],
               "uid", "type", "level", "subj", "idle", "ends", "factors",
               "channel", "handler", "cert")

if not s[1] then
    return call("GET", KEYS[3])
end

local time = call("TIME")
local unused = call("TTL", KEYS[2])

s[5] = s[5] + 0
s[6] = s[6] - time[1]
s[9] = s[9] or ""
s[11] = s[10] or ""
s[10] = time[1]

if s[6] <= 0 or unused < 0 then
    local why = s[6] <= 0 and "life" or "idle"

    call("UNLINK", KEYS[1], KEYS[2])
    call("SET", KEYS[3], why, "EX", 600)

    return why
end

-- a write for each read would be many: a sixteenth of the time is good enough

if unused < s[5] - s[5] / 16 then
    call("EXPIRE", KEYS[2], s[5])
end

local n = ARGV[1] + 0

if n > 0 then
    local keys, prefix = {}, "hpf:{u:" .. s[1] .. "}:limit:"

    for i = 1, n do
        keys[i] = prefix .. ARGV[i + 1]
    end

    limit_take(s, keys, 1, n, ARGV, n + 2, time)
end

return s
