#include "service/page.h"

#include <algorithm>
#include <fmt/format.h>

#include "core/bytes.h"

namespace tandem::service {
namespace {

std::string read_token(const PageStyle& style, const json::object& input) {
  const auto token = json::find_string(input, style.token);
  if (!token) return {};
  if (style.form == PageStyle::Token::kKey) return *token;
  // Several services send an empty token with the first page, and AWS takes it for none.
  if (token->empty()) return {};
  auto key = core::base64_decode(*token);
  if (!key || key->empty()) throw style.invalid();
  return std::move(*key);
}

std::size_t read_limit(const PageStyle& style, const json::object& input) {
  const std::int64_t asked =
      style.limit.empty() ? style.usual : json::int_or(input, style.limit, style.usual);
  return static_cast<std::size_t>(std::clamp<std::int64_t>(asked, 0, style.most));
}

std::optional<std::string> unless_empty(const std::string& key) {
  if (key.empty()) return std::nullopt;
  return key;
}

}  // namespace

Page::Page(const PageStyle& style, const json::object& input, std::string_view member, Order order)
    : style_(style),
      member_(member),
      after_(read_token(style, input)),
      cut_(unless_empty(after_), read_limit(style, input), TokenNames::kLastGiven,
           order == Order::kAscending ? Before(std::less<std::string>())
                                      : Before(std::greater<std::string>())) {}

json::object Page::finish() && {
  json::object output;
  output[member_] = std::move(items_);
  if (!style_.truncated.empty()) output[style_.truncated] = cut_.more();
  if (cut_.more()) {
    output[style_.next] =
        style_.form == PageStyle::Token::kOpaque ? core::base64_encode(cut_.edge()) : cut_.edge();
  }
  return output;
}

std::string sortable(std::int64_t number) {
  CHECK(number >= 0);
  return fmt::format("{:019d}", number);
}

}  // namespace tandem::service
