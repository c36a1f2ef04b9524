-- A session begins.
--
-- KEYS[1]  hpf:{s:HASH}
-- KEYS[2]  hpf:idle:{s:HASH}
-- ARGV     uid, type, level, sealed subject, idle seconds, seconds to live,
--          channel, factors: "sms=now,id-card=1795449600", each with the
--          second in which it was proved, handler of a unit or "", certificate
--          that it relies on or ""

local time = redis.call("TIME")
local factors = ARGV[8]:gsub("=now", "=" .. time[1])

redis.call("HSET", KEYS[1], "uid", ARGV[1], "type", ARGV[2],
           "level", ARGV[3], "subj", ARGV[4], "idle", ARGV[5],
           "ends", time[1] + ARGV[6], "channel", ARGV[7], "factors", factors,
           "began", string.format("%d", time[1] * 1000 + time[2] / 1000),
           "handler", ARGV[9], "cert", ARGV[10])

-- it stays for ten minutes more, to tell whoever comes that it is over

redis.call("EXPIRE", KEYS[1], ARGV[6] + 600)

return redis.call("SET", KEYS[2], "1", "EX", ARGV[5])
