// What writes take of somebody's capacity: told of every write of an item, local or from another
// region, and asked before another region's is applied. This folder knows no units.
#pragma once

#include <cstdint>
#include <string_view>

#include "replication/derive.h"

namespace tandem::replication {

class WriteMeter {
 public:
  virtual ~WriteMeter() = default;
  /// Whether a write of another region may be applied now. One that may not waits, and everything
  /// of its collection behind it.
  virtual bool admits(std::uint32_t collection, std::string_view key) = 0;
  /// A write is on its way into a batch, or has turned out to change nothing: of an item that was
  /// not there (neither record), or of another region and older than what is here (record is the
  /// incoming one).
  virtual void wrote(const Change& change) = 0;
};

}  // namespace tandem::replication
