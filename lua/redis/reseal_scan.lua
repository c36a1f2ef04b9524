-- Some of what is sealed for users, of the keys of this server.
--
-- ARGV     cursor of SCAN, keys to look at
--
-- Returns { cursor, key, member, text, member, text, ... }, where a member ""
-- ends a key.  What a cluster's server has but may not be asked for is on its
-- way here, or is a former master's: it is another walk's.

local members = { "name", "mobile", "id_no", "data", "result", "said" }
local found = redis.call("SCAN", ARGV[1], "MATCH", "hpf:{u:*", "COUNT", ARGV[2],
                         "TYPE", "hash")
local answer = { found[1] }

local function read(...)
    local reply = redis.pcall(...)
    local err = reply.err

    if err and not err:find("non local key", 1, true) then
        error(reply)
    end

    return err and {} or reply
end

for _, key in ipairs(found[2]) do

    if key:match("}:profile$") or key:match("}:handler:[%w_-]+$")
       or key:match("}:case:%d+$")
    then
        local values = read("HMGET", key, unpack(members))

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

        for _, text in ipairs(read("HGETALL", key)) do
            answer[#answer + 1] = text
        end

        answer[#answer + 1] = ""
    end
end

return answer
