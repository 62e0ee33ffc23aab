// CBOR (RFC 8949) as Smithy's rpc-v2-cbor has it (Smithy, "Smithy RPC v2 CBOR protocol"), to
// documents and back. Bytes from anybody: lengths are believed only as far as there are bytes,
// nesting has a limit.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include "aws/model.h"
#include "core/json.h"

namespace tandem::aws {

/// Malformed, cut off, nested too deep, or of a kind that the protocol has not.
struct CborError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// One item and nothing behind it. Byte strings become base64, times (tag 1) their seconds,
/// undefined null; floating point numbers may be infinite or none (NaN). A name that comes twice
/// has its last value. Throws CborError.
json::value decode_cbor(std::string_view bytes);

/// A document along its shape: times become tag 1, base64 bytes. Maps and lists have no length, as
/// in AWS's answers, which is what SDKs are used to. Nulls are left out, members that the shape
/// does not know stay.
std::string encode_cbor(const model::Shape& structure, const json::object& document);
/// Without a shape: maps, lists, texts, numbers and booleans as they are.
std::string encode_cbor(const json::object& document);

}  // namespace tandem::aws
