#include "service/page.h"

#include <algorithm>
#include <fmt/format.h>

#include "core/bytes.h"

namespace tandem::service {
namespace {

/// What an opaque token says before its key: of which list it is, so that another's is refused.
std::string list_of(std::string_view member, Page::Order order) {
  return std::string(member) + (order == Page::Order::kAscending ? '<' : '>');
}

std::string read_token(const PageStyle& style, const json::object& input, std::string_view list) {
  const auto token = json::find_string(input, style.token);
  if (!token) return {};
  if (style.form == PageStyle::Token::kKey) return *token;
  // Several services send an empty token with the first page, and AWS takes it for none.
  if (token->empty()) return {};
  const auto read = core::base64_decode(*token);
  if (!read || !read->starts_with(list) || read->size() == list.size()) throw style.invalid();
  return read->substr(list.size());
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
      list_(list_of(member, order)),
      after_(read_token(style, input, list_)),
      cut_(unless_empty(after_), read_limit(style, input), TokenNames::kLastGiven,
           order == Order::kAscending ? Before(std::less<std::string>())
                                      : Before(std::greater<std::string>())) {}

json::object Page::finish() && {
  json::object output;
  output[member_] = std::move(items_);
  if (!style_.truncated.empty()) output[style_.truncated] = cut_.more();
  if (cut_.more()) {
    output[style_.next] = style_.form == PageStyle::Token::kOpaque
                              ? core::base64_encode(list_ + cut_.edge())
                              : cut_.edge();
  }
  return output;
}

std::string sortable(std::int64_t number) {
  CHECK(number >= 0);
  return fmt::format("{:019d}", number);
}

}  // namespace tandem::service
