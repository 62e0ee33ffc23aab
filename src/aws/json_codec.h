// JSON on the wire to documents and back, along a shape.
#pragma once

#include <string_view>

#include "aws/model.h"
#include "aws/unknown.h"
#include "core/json.h"

namespace tandem::aws {

/// Wire names become model names, nulls in structures and maps go, timestamps become epoch seconds.
/// Members the model does not know stay as they are; with unknown, their names go there and they do
/// not stay. Throws ApiError SerializationException in the words of AWS's JSON services when a
/// value has the wrong type.
json::object decode_json(const model::Shape& structure, json::object wire,
                         UnknownNames* unknown = nullptr);

/// The inverse. Whole timestamps are written as integers.
json::object encode_json(const model::Shape& structure, const json::object& document);

/// A text that is a JSON object, nesting at most 128 levels; the empty text is {}.
/// Throws ApiError SerializationException.
json::object parse_json_body(std::string_view body);

}  // namespace tandem::aws
