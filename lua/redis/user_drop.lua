-- A user is forgotten.  His cases stay, which are the centre's files.
--
-- KEYS[1]  hpf:{u:UID}:sessions
-- KEYS     what else there is of him: profile, certs, bindings, consents, and
--          last, of a unit, hpf:{u:UID}:handlers
-- ARGV     prefix of its handlers' keys, which are in the same slot, or ""
--
-- Returns the hashes of his sessions.

local sessions = redis.call("ZRANGE", KEYS[1], 0, -1)

if ARGV[1] ~= "" then
    for _, id in ipairs(redis.call("HVALS", KEYS[#KEYS])) do
        redis.call("UNLINK", ARGV[1] .. id, ARGV[1] .. id .. ":sessions")
    end
end

redis.call("UNLINK", unpack(KEYS))

return sessions
