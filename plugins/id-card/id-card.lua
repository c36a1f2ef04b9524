-- id-card: whether the police know this name under this ID number.

local function handle(request)
    local answer = hpf.backend("police", {
        path = "/verify",
        json = { name = request.person.name, id_no = request.person.id_no },
    })

    -- what comes from a back end is looked at by nobody else

    if not answer.ok or type(answer.json) ~= "table"
       or type(answer.json.match) ~= "boolean"
    then
        hpf.fail("backend-unavailable")
    end

    return answer.json.match
end


return { handle = handle }
