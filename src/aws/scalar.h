// Scalars as text: in headers, query strings, path labels and XML.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "aws/model.h"
#include "core/json.h"

namespace tandem::aws {

/// Epoch seconds. kDefault tries all three forms.
std::optional<double> parse_timestamp(std::string_view text, model::TimestampFormat format);
/// Fractions of a second are printed only where AWS prints them: always ("…:00.000Z") or never.
enum class Fraction { kMilliseconds, kNone };
std::string format_timestamp(double epoch_seconds, model::TimestampFormat format,
                             Fraction fraction = Fraction::kMilliseconds);

/// Text to the document's value. Empty when the text does not stand for the member's type.
std::optional<json::value> parse_scalar(const model::Member& member, std::string_view text);
/// The document's value as text. A timestamp without a format of its own takes fallback.
std::string format_scalar(const model::Member& member, const json::value& value,
                          model::TimestampFormat fallback,
                          Fraction fraction = Fraction::kMilliseconds);

}  // namespace tandem::aws
