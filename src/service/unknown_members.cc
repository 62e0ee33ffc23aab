#include "service/unknown_members.h"

#include <fmt/format.h>

#include "aws/error.h"
#include "core/log.h"
#include "service/registry.h"
#include "service/service_errors.h"

namespace tandem::service {
namespace {

using aws::model::Shape;
using aws::model::Type;

std::string text_of(const json::value& value) {
  return value.is_string() ? json::to_std(value) : json::to_text(value);
}

/// One walk through one input.
class Walk {
 public:
  explicit Walk(const Row& row) : row_(row) {}

  std::optional<Unhonoured> structure(const Shape& shape, const json::object& document,
                                      const std::string& above) const {
    for (const auto& [key, value] : document) {
      const std::string_view name(key.data(), key.size());
      const auto member = shape.member(name);
      std::string path = above + std::string(name);
      if (!member) return Unhonoured{std::move(path), false};
      const bool judged = above.empty() || member->younger();
      if (judged && !row_.accepts(path)) {
        const auto only = row_.only_value(path);
        if (!only) return Unhonoured{std::move(path), true};
        if (text_of(value) != *only) {
          return Unhonoured{fmt::format("{} other than {}", path, *only), true};
        }
      }
      path += '.';
      if (auto found = inside(member->shape(), value, path)) return found;
    }
    return std::nullopt;
  }

 private:
  std::optional<Unhonoured> inside(const Shape& shape, const json::value& value,
                                   const std::string& path) const {
    // Validation comes before: values are of their shapes' types, and not too deep.
    if (shape.is_scalar()) return std::nullopt;
    if (shape.is(Type::kStructure)) {
      return value.is_object() ? structure(shape, value.get_object(), path) : std::nullopt;
    }
    if (shape.is(Type::kList) && value.is_array()) {
      const Shape element = shape.element().shape();
      if (element.is_scalar()) return std::nullopt;
      for (const auto& item : value.get_array()) {
        if (auto found = inside(element, item, path)) return found;
      }
    } else if (shape.is(Type::kMap) && value.is_object()) {
      const Shape element = shape.value().shape();
      if (element.is_scalar()) return std::nullopt;
      for (const auto& [key, item] : value.get_object()) {
        if (auto found = inside(element, item, path)) return found;
      }
    }
    return std::nullopt;
  }

  const Row& row_;
};

}  // namespace

std::optional<Unhonoured> first_unhonoured(const Row& row, const Shape& shape,
                                           const json::object& input) {
  return Walk(row).structure(shape, input, "");
}

void UnknownPolicy::judge(std::string_view operation, const aws::UnknownNames& names) {
  if (names.empty()) return;
  if (how_ == UnknownMembers::kRefuse) {
    throw aws::ApiError(
        400, std::string(kUnsupportedMember),
        fmt::format("Tandem does not know the parameter {} of {}.", names.front(), operation));
  }
  constexpr std::size_t kMostTold = 1000;
  const std::lock_guard lock(mutex_);
  for (const std::string& name : names) {
    if (told_.size() >= kMostTold) return;
    if (!told_.insert(fmt::format("{}.{}", operation, name)).second) continue;
    log::warning("{}: the parameter {} is not known here and was passed over", operation, name);
  }
}

}  // namespace tandem::service
