// Stand-ins for what is around CodePipeline: time, the pool, a store, objects, a Git host, a bus.
#pragma once

#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "aws/error.h"
#include "core/clock.h"
#include "core/files.h"
#include "core/timer.h"
#include "core/workers.h"
#include "services/codepipeline/ports.h"
#include "store/store.h"

namespace tandem::codepipeline {

/// Moves to the next expiry of a timer.
class VirtualTime final : public core::TimeSource {
 public:
  core::TimePoint now() const noexcept override { return now_; }
  void timer_set(core::TimePoint expiry) override {
    if (expiry != core::kNever && expiry > now_) expiries_.insert(expiry);
  }
  bool advance() {
    if (expiries_.empty()) return false;
    now_ = std::max(now_, *expiries_.begin());
    expiries_.erase(expiries_.begin());
    return true;
  }

 private:
  core::TimePoint now_{std::chrono::hours(1)};
  std::set<core::TimePoint> expiries_;
};

class VirtualClock final : public core::Clock {
 public:
  explicit VirtualClock(const VirtualTime& time) : time_(time) {}
  std::int64_t now_us() const override { return 1'790'000'000'000'000 + steady_ns() / 1000; }
  std::int64_t steady_ns() const override { return time_.now().time_since_epoch().count(); }

 private:
  const VirtualTime& time_;
};

class InlineWorkers final : public core::Workers {
 public:
  void post(std::function<void()> work) override { work(); }
};

/// Refuses writes when told to.
class FlakyStore final : public store::Store {
 public:
  explicit FlakyStore(store::Store& whole) : whole_(whole) {}
  std::optional<std::string> get(std::string_view key) const override { return whole_.get(key); }
  void write(store::WriteBatch batch) override {
    if (refuse_in > 0 && --refuse_in == 0) throw store::StoreError("full");
    whole_.write(std::move(batch));
  }
  std::unique_ptr<store::Cursor> cursor(std::string_view begin,
                                        std::string_view end) const override {
    return whole_.cursor(begin, end);
  }
  std::uint64_t writes() const override { return whole_.writes(); }
  void sync() override {}

  int refuse_in = 0;  ///< the how manieth write from now on fails

 private:
  store::Store& whole_;
};

/// Objects of S3, by "<region>/<bucket>/<key>"; "" is the region itself.
class FakeObjects final : public service::ObjectFiles {
 public:
  Task<service::StoredObject> read(service::ObjectPlace place, std::filesystem::path file,
                                   std::uint64_t, std::string caller) override {
    callers.insert(caller);
    co_await core::sleep_for(std::chrono::milliseconds(2));
    const auto found = objects.find(name_of(place));
    if (found == objects.end()) {
      throw aws::ApiError(404, "NoSuchKey", "The specified key does not exist.");
    }
    std::ofstream(file, std::ios::binary) << found->second;
    service::StoredObject stored;
    stored.etag = "\"etag\"";
    co_return stored;
  }
  Task<service::StoredObject> write(service::ObjectPlace place, std::filesystem::path file,
                                    json::object more, std::string caller) override {
    callers.insert(caller);
    co_await core::sleep_for(std::chrono::milliseconds(2));
    objects[name_of(place)] = core::read_file(file);
    members[name_of(place)] = std::move(more);
    co_await core::sleep_for(std::chrono::milliseconds(1));
    co_return service::StoredObject{};
  }
  static std::string name_of(const service::ObjectPlace& place) {
    return place.region + "/" + place.bucket + "/" + place.key;
  }

  std::map<std::string, std::string> objects;
  std::map<std::string, json::object> members;
  std::set<std::string> callers;
};

class FakeGit final : public GitHost {
 public:
  Task<Commit> newest(GitBranch branch) override {
    co_await core::sleep_for(std::chrono::milliseconds(1));
    ++asked;
    branches.insert(branch.branch);
    if (branch.token != token) throw SourceError("PermissionError", "the token is not valid");
    co_return commit;
  }
  Task<void> archive(GitBranch, std::string commit_id, std::filesystem::path file) override {
    co_await core::sleep_for(std::chrono::milliseconds(1));
    archived.push_back(commit_id);
    std::ofstream(file, std::ios::binary) << "zip of " << commit_id;
  }

  Commit commit{"c1", "first", "A", "a@b", 1, 2, "http://git/c1"};
  std::string token = "secret-token";
  std::vector<std::string> archived;
  std::set<std::string> branches;
  int asked = 0;
};

class FakeEvents final : public EventSink {
 public:
  void put(json::object event) override { events.push_back(std::move(event)); }
  /// "Pipeline STARTED", "Stage Build SUCCEEDED", "Action Make FAILED" …
  std::vector<std::string> lines() const {
    std::vector<std::string> lines;
    for (const json::object& event : events) {
      const json::object& detail = *json::find_object(event, "detail");
      const std::string action = json::string_or(detail, "action");
      const std::string stage = json::string_or(detail, "stage");
      std::string line = !action.empty()  ? "Action " + action
                         : !stage.empty() ? "Stage " + stage
                                          : "Pipeline";
      lines.push_back(line + " " + json::string_or(detail, "state"));
    }
    return lines;
  }
  std::vector<json::object> events;
};

}  // namespace tandem::codepipeline
