// Bodies on their way: pulled slice by slice, so that one of any size takes bounded memory. Whoever
// pulls slowly slows the sender down, as nothing is read that was not asked for.
#pragma once

#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "core/task.h"
#include "net/http.h"

namespace tandem::net {

/// What a source gives at once, about.
inline constexpr std::size_t kBodySlice = 128 * 1024;

/// A body that has begun will not come to its end. What came of it must not pass for the whole.
struct BodyError : std::exception {
  explicit BodyError(std::string text) : message(std::move(text)) {}
  const char* what() const noexcept override { return message.c_str(); }
  std::string message;
};

/// Loop thread only; one next() at a time. Destroying it before its end is giving up: whoever
/// provides the bytes learns of it.
class BodySource {
 public:
  virtual ~BodySource() = default;
  /// The next slice, empty at the end and only there. Throws BodyError, and then again whenever it
  /// is asked.
  virtual Task<std::string> next() = 0;
  /// Of the whole body; nothing when only its end tells.
  virtual std::optional<std::uint64_t> length() const = 0;
  /// The fields after a chunked body, once it is at its end, from a server that keeps them
  /// (HttpServer::Options::keeps_trailers). Once.
  virtual Headers take_trailers() { return {}; }
};

/// Of one that is there already.
std::shared_ptr<BodySource> whole_body(std::string body);
/// The whole of it. Throws BodyError, also when there is more than limit.
Task<std::string> collect(std::shared_ptr<BodySource> source, std::size_t limit);

}  // namespace tandem::net
