// What rendering may still cost, and how it fails: an exception within mapping/, a ParseError at
// its borders.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

namespace tandem::apigateway::mapping {

/// Rendering ends here: Velocity would have thrown, or a bound is reached.
struct RenderError {
  std::string message;
};

/// INVARIANT(work-is-paid): nothing in mapping/ visits, copies or makes anything without spending
/// here first, so that the budget bounds a rendering's time and memory, whatever a template says.
class Budget {
 public:
  explicit Budget(std::uint64_t work) : left_(work) {}

  void spend(std::uint64_t units) {
    if (units > left_) throw RenderError{"takes more steps than a template may take"};
    left_ -= units;
  }
  /// Of copying, reading or writing so many bytes.
  void spend_bytes(std::size_t bytes) { spend(1 + bytes / 32); }

 private:
  std::uint64_t left_;
};

}  // namespace tandem::apigateway::mapping
