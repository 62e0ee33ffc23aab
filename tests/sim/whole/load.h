// Clients of the application, and what they were promised.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "tests/sim/whole/cloud.h"

namespace tandem::sim {

/// Each resolves the name, keeps the answer for its TTL, and calls one of the addresses. Half of
/// what they write are items of their own, written once; the rest are a few items that all write
/// and delete in every region.
class Load {
 public:
  /// Borrows cloud.
  Load(Cloud& cloud, int clients);
  void start();
  /// Returns when the last call has ended.
  void stop();

  std::uint64_t answered = 0;
  std::uint64_t failed = 0;
  /// Per region: calls answered by it.
  std::map<std::string, std::uint64_t> by_region;
  core::TimePoint last_failure{};

  /// Writes that were acknowledged, of items that are written once: they must be there in the end.
  const std::map<std::string, std::string>& promised() const { return promised_; }

 private:
  Task<void> client(int number);
  Task<void> call(int number, std::string address);

  Cloud& cloud_;
  int clients_;
  bool stopping_ = false;
  int running_ = 0;
  std::uint64_t written_ = 0;
  std::map<std::string, std::string> promised_;
};

/// The table as a region holds it: id → text. Throws ApiError.
std::map<std::string, std::string> items_of(Cloud& cloud, const std::string& region);

/// Empty when all regions hold the same, everything promised is there, and all know the identities
/// that global has; else what is wrong.
std::string verdict(Cloud& cloud, const Load& load);

}  // namespace tandem::sim
