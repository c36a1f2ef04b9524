-- The handlers of a unit.
--
-- KEYS[1]  hpf:{u:UID}:handlers
-- ARGV     prefix of the handlers' keys, "1" in a cluster
--
-- Returns { { id, role, real, since, name, mobile, items }, ... }.
--
-- They are in the slot of KEYS[1]; as in case_list.lua when that moves.

local list = {}

for _, id in ipairs(redis.call("HVALS", KEYS[1])) do

    local h = redis.pcall("HMGET", ARGV[1] .. id, "role", "real", "since",
                          "name", "mobile", "items")

    if ARGV[2] == "1" and (h.err or not h[1]) then
        return redis.error_reply("TRYAGAIN handlers are moving")
    end

    if h[1] then
        list[#list + 1] = { id, h[1], h[2], h[3], h[4], h[5], h[6] or "" }
    end
end

return list
