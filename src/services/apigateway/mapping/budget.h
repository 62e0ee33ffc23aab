// What rendering may still cost, and how it fails: an exception within mapping/, a ParseError at
// its borders.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "services/apigateway/mapping/limits.h"

namespace tandem::apigateway::mapping {

/// Rendering ends here: Velocity would have thrown, or a bound is reached.
struct RenderError {
  std::string message;
};

/// INVARIANT(work-is-paid): nothing in mapping/ visits, copies or makes anything without spending
/// here first, so that the budget bounds a rendering's time and memory, whatever a template says.
class Budget {
 public:
  /// allowance: what is spent is taken from it, and it may be less; null: none.
  explicit Budget(std::uint64_t work, Allowance* allowance = nullptr)
      : left_(work), allowance_(allowance) {
    if (allowance == nullptr || allowance->left >= work) return;
    left_ = allowance->left;
    narrowed_ = true;
  }
  Budget(const Budget&) = delete;
  Budget& operator=(const Budget&) = delete;

  void spend(std::uint64_t units) {
    if (units > left_) {
      if (narrowed_) allowance_->ran_out = true;
      throw RenderError{"takes more steps than a template may take"};
    }
    left_ -= units;
    if (allowance_ != nullptr) allowance_->left -= units;
  }
  /// Of copying, reading or writing so many bytes.
  void spend_bytes(std::size_t bytes) { spend(1 + bytes / 32); }

 private:
  std::uint64_t left_;
  Allowance* allowance_;
  bool narrowed_ = false;
};

}  // namespace tandem::apigateway::mapping
