-- The consents of a user that hold.
--
-- KEYS[1]  hpf:{u:UID}:consents, by party: "SECOND-OF-EXPIRY JSON"
-- ARGV[1]  party, or nothing for all
--
-- Returns { party, JSON, ... }.

local list = {}
local now = redis.call("TIME")[1] + 0
local all = ARGV[1] and { ARGV[1], redis.call("HGET", KEYS[1], ARGV[1]) }
            or redis.call("HGETALL", KEYS[1])

for i = 1, #all, 2 do
    local expires, text = (all[i + 1] or "0 "):match("^(%d+) (.*)$")

    if expires + 0 > now then
        list[#list + 1] = all[i]
        list[#list + 1] = text

    elseif all[i + 1] then
        redis.call("HDEL", KEYS[1], all[i])
    end
end

return list
