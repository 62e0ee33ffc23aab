-- wrk script: PutItem or GetItem (OPERATION) against a table "bench" with hash key "id".
-- The signature is by a key no contestant knows, so that none verifies it.
local operation = os.getenv("OPERATION")
local headers = {
  ["X-Amz-Target"] = "DynamoDB_20120810." .. operation,
  ["Content-Type"] = "application/x-amz-json-1.0",
  ["X-Amz-Date"] = "20260101T000000Z",
  ["Authorization"] = "AWS4-HMAC-SHA256 Credential=AKIDBENCH/20260101/us-east-1/dynamodb/aws4_request, "
    .. "SignedHeaders=host;x-amz-date, Signature=" .. string.rep("0", 64),
}
local keys, count = 1000, 0

function request()
  count = count + 1
  local id = string.format("todo-%04d", (count * 7919) % keys)
  local body
  if operation == "PutItem" then
    body = '{"TableName":"bench","Item":{"id":{"S":"' .. id .. '"},"text":{"S":"buy milk and bread"},'
      .. '"checked":{"BOOL":false},"createdAt":{"N":"1767225600000"},"updatedAt":{"N":"1767225600000"}}}'
  else
    body = '{"TableName":"bench","Key":{"id":{"S":"' .. id .. '"}}}'
  end
  return wrk.format("POST", "/", headers, body)
end

-- Each connection rests this long between two requests.
local pause = tonumber(os.getenv("PAUSE_MS") or "")
if pause then
  function delay() return pause end
end
