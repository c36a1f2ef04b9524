-- Some of what is sealed for users, one node at a time and all of it once for
-- each key.  Not in a cluster.
--
-- KEYS[1]  hpf:cfg:reseal, with owner, until, want, cursor, and done
-- ARGV     who asks, what is wanted (suite and key), the cursor up to which he
--          has done it or "", keys to look at
--
-- Returns { "done" } when there is nothing to do, { "busy" } when another one
-- does it, or else { cursor, key, member, text, member, text, ... }, where a
-- member "" ends the key.

local call = redis.call
local state = call("HMGET", KEYS[1], "owner", "until", "want", "cursor", "done")
local now = call("TIME")[1] + 0

if state[5] == ARGV[2] then
    return { "done" }
end

if state[1] and state[1] ~= ARGV[1] and (state[2] or 0) + 0 > now then
    return { "busy" }
end

local cursor = state[3] == ARGV[2] and state[4] or "0"

if state[1] == ARGV[1] and ARGV[3] ~= "" then
    cursor = ARGV[3]

    if cursor == "0" then
        call("HSET", KEYS[1], "done", ARGV[2])
        return { "done" }
    end
end

call("HSET", KEYS[1], "owner", ARGV[1], "until", now + 10, "want", ARGV[2],
     "cursor", cursor)
call("HDEL", KEYS[1], "done")

local members = { "name", "mobile", "id_no", "data", "result" }
local found = call("SCAN", cursor, "MATCH", "hpf:{u:*", "COUNT", ARGV[4],
                   "TYPE", "hash")
local answer = { found[1] }

for _, key in ipairs(found[2]) do

    if key:match("}:profile$") or key:match("}:handler:[%w_-]+$")
       or key:match("}:case:%d+$")
    then
        local values = call("HMGET", key, unpack(members))

        answer[#answer + 1] = key

        for i, name in ipairs(members) do
            if values[i] and values[i] ~= "" then
                answer[#answer + 1] = name
                answer[#answer + 1] = values[i]
            end
        end

        answer[#answer + 1] = ""

    elseif key:match("}:certs$") or key:match("}:bindings$") then
        answer[#answer + 1] = key

        for _, text in ipairs(call("HGETALL", key)) do
            answer[#answer + 1] = text
        end

        answer[#answer + 1] = ""
    end
end

return answer
