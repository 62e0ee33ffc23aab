// Digests of what comes in pieces. core/bytes.h has them of what is there at once.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace tandem::core {

/// Any thread, one at a time.
class Digest {
 public:
  enum class Algorithm { kMd5, kSha1, kSha256 };
  explicit Digest(Algorithm algorithm);
  void update(std::string_view bytes);
  /// Raw bytes. Once; afterwards it starts anew.
  std::string finish();

 private:
  struct Free {
    void operator()(void* context) const;
  };
  void begin();

  Algorithm algorithm_;
  std::unique_ptr<void, Free> context_;
};

}  // namespace tandem::core
