#include "services/apigateway/model/selection.h"

#include <re2/re2.h>

namespace tandem::apigateway {
namespace {

constexpr std::size_t kPatternBytes = 4'096;
constexpr std::int64_t kPatternMemory = 1 << 20;

}  // namespace

core::Parsed<SelectionPattern> SelectionPattern::parse(std::string_view pattern) {
  SelectionPattern parsed;
  if (pattern.empty()) return parsed;
  if (pattern.size() > kPatternBytes) return core::ParseError{"the pattern is too long", 0};
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kPatternMemory);
  auto compiled =
      std::make_shared<re2::RE2>(re2::StringPiece(pattern.data(), pattern.size()), options);
  if (!compiled->ok()) return core::ParseError{compiled->error(), 0};
  parsed.pattern_ = std::move(compiled);
  return parsed;
}

bool SelectionPattern::matches(std::string_view text) const {
  return pattern_ != nullptr &&
         re2::RE2::FullMatch(re2::StringPiece(text.data(), text.size()), *pattern_);
}

}  // namespace tandem::apigateway
