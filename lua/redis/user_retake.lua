-- An ID number that somebody has registered without a real name goes to whom it
-- belongs: with another mobile number, and with nothing of the one before but
-- the cases, which are the centre's files.
--
-- KEYS[1]  hpf:{u:UID}:profile
-- KEYS[2]  hpf:{u:UID}:sessions
-- KEYS     certs, bindings and consents of the user
-- ARGV     keyed hash of the number that it was, of the new one; name, number
--          and ID number sealed
--
-- Returns { epoch, hashes of the sessions }, or false: it was changed.

local h = redis.call("HMGET", KEYS[1], "m", "real")

if h[1] ~= ARGV[1] or h[2] == "1" then
    return false
end

local sessions = redis.call("ZRANGE", KEYS[2], 0, -1)

redis.call("HSET", KEYS[1], "m", ARGV[2], "name", ARGV[3], "mobile", ARGV[4],
           "id_no", ARGV[5], "real", "1")
redis.call("HDEL", KEYS[1], "pw", "pwh")
redis.call("UNLINK", unpack(KEYS, 2))

return { redis.call("HINCRBY", KEYS[1], "epoch", 1), sessions }
