-- A password is set, unless it is another one than was looked at by now.
--
-- KEYS[1]  hpf:{u:UID}:profile or hpf:{u:UID}:handler:HID
-- ARGV     the record that was looked at, "" for none; the new one; how many
--          before it are remembered, or -1 to leave these as they are: it is
--          the same password with another cost; "1": sessions are to end
--
-- Returns the epoch, or -1 when nothing was done.

local h = redis.call("HMGET", KEYS[1], "type", "pw", "pwh")
local keep = tonumber(ARGV[3])

if not h[1] or (h[2] or "") ~= ARGV[1] then
    return -1
end

redis.call("HSET", KEYS[1], "pw", ARGV[2])

if keep >= 0 then
    local old = {}

    for record in ((h[2] or "") .. " " .. (h[3] or "")):gmatch("%S+") do
        if #old < keep then
            old[#old + 1] = record
        end
    end

    redis.call("HSET", KEYS[1], "pwh", table.concat(old, " "))
end

if ARGV[4] == "1" then
    return redis.call("HINCRBY", KEYS[1], "epoch", 1)
end

return 0
