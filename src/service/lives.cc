#include "service/lives.h"

#include <algorithm>
#include <fmt/format.h>
#include <optional>
#include <system_error>

#include "core/clock.h"
#include "core/log.h"
#include "core/what_of.h"
#include "service/store_health.h"
#include "service/waiting_room.h"
#include "store/space.h"
#include "store/store_failure.h"

namespace tandem::service {
namespace {

using store::StoreFailure;
using namespace std::chrono_literals;

constexpr std::chrono::milliseconds kFirstPatience = 100ms;
constexpr std::chrono::milliseconds kLongestPatience = 5s;
/// A life that lasted this long says nothing about why the next one fails.
constexpr std::chrono::nanoseconds kLongLife = 60s;

/// What is wrong with the store, or nothing when the exception is about something else.
std::optional<StoreFailure> store_failure(const std::exception_ptr& escaped) {
  try {
    std::rethrow_exception(escaped);
  } catch (const store::StoreError& error) {
    return store::failure_of(error);
  } catch (const std::system_error& error) {
    // Files beside the store: keys, certificates, code.
    if (store::no_room(error.code())) {
      return StoreFailure(StoreFailure::Kind::kFull, error.what());
    }
  } catch (...) {
    return std::nullopt;
  }
  return std::nullopt;
}

StoreFailure explained(const StoreFailure& failure, const Config& config,
                       const Node::Options& node) {
  const auto folder = config.state_folder / node.name;
  if (failure.kind == StoreFailure::Kind::kCorrupt) {
    return {failure.kind,
            with_way_out("the store of " + node.name + " is damaged: " + failure.message, node.name,
                         (folder / "store").string())};
  }
  if (failure.kind == StoreFailure::Kind::kFull) {
    return {failure.kind, "the disk of " + node.name + " (" + folder.string() +
                              ") has no room to open its store: free some space, and it serves by "
                              "itself (" +
                              failure.message + ")"};
  }
  return failure;
}

class Lives {
 public:
  Lives(const Config& config, Node::Options node, const Life& life,
        const std::function<void()>& on_ready)
      : config_(config), node_(std::move(node)), life_(life), on_ready_(on_ready) {}

  int run() {
    while (live() == Node::Ended::kReopen) {
    }
    return 0;
  }

 private:
  void ready() {
    if (!ready_) on_ready_();
    ready_ = true;
  }

  Node::Ended live() {
    const std::int64_t began = clock_.steady_ns();
    std::exception_ptr escaped;
    try {
      node_.patience = patience_;
      const Node::Ended ended = life_(node_, [this] {
        ready();
        said_.clear();
        unheard_.clear();
      });
      const bool long_life = std::chrono::nanoseconds(clock_.steady_ns() - began) > kLongLife;
      lengthen_patience(long_life);
      return ended;
    } catch (...) {
      escaped = std::current_exception();
    }
    return wait_after(escaped);
  }

  Node::Ended wait_after(const std::exception_ptr& escaped) {
    auto failure = store_failure(escaped);
    const bool full = failure && failure->kind == StoreFailure::Kind::kFull;
    // Only want of room mends itself. Who starts a process is told of everything else.
    if (!ready_ && !full) {
      if (failure) throw explained(*failure, config_, node_);
      std::rethrow_exception(escaped);
    }
    if (!failure) failure = StoreFailure(StoreFailure::Kind::kFailed, core::what_of(escaped));
    failure = explained(*failure, config_, node_);
    if (said_ != failure->message)
      log::error("{} does not serve: {}", node_.name, failure->message);
    said_ = failure->message;
    WaitingRoom room(config_, node_, *failure);
    listen(room);
    ready();
    const Node::Ended ended = room.wait(patience_);
    lengthen_patience(false);
    return ended;
  }

  /// Who starts a process is told that its addresses are taken. Later on it waits without them,
  /// as it would with them: only the next life can be one that serves.
  void listen(WaitingRoom& room) {
    try {
      room.listen();
    } catch (const std::exception& error) {
      if (!ready_) throw;
      const std::string why =
          fmt::format("{} cannot say so on its addresses: {}", node_.name, error.what());
      if (unheard_ != why) log::error("{}", why);
      unheard_ = why;
    }
  }

  void lengthen_patience(bool long_life) {
    patience_ = long_life ? kFirstPatience : std::min(2 * patience_, kLongestPatience);
  }

  const Config& config_;
  Node::Options node_;
  const Life& life_;
  const std::function<void()>& on_ready_;
  core::SystemClock clock_;
  std::chrono::milliseconds patience_ = kFirstPatience;
  std::string said_;     ///< the last reason in the log
  std::string unheard_;  ///< the last reason why a waiting room did not listen
  bool ready_ = false;
};

}  // namespace

int run_lives(const Config& config, Node::Options node, const Life& life,
              const std::function<void()>& on_ready) {
  return Lives(config, std::move(node), life, on_ready).run();
}

}  // namespace tandem::service
