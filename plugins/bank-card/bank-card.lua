-- bank-card: whether the bank has issued this card to a person of this name
-- and ID number, whose mobile it knows.  Nothing of it is kept.

local function handle(request)
    local answer = hpf.backend("bank", {
        path = "/verify",
        json = {
            name = request.person.name,
            id_no = request.person.id_no,
            card_no = request.form.card_no,
            mobile = request.form.mobile,
        },
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
