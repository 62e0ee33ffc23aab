// Projects and builds of this region, in the store and nowhere else: every look is a read.
//
// Keys: "project/<name>", "counter/<name>", "build/<project>:<uuid>", "started/<time>/<id>",
// "open/<id>" (docs/formats/codebuild.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/json.h"
#include "store/documents.h"
#include "store/store.h"

namespace tandem::codebuild {

/// A build as it is kept.
struct BuildRecord {
  json::object build;     ///< as BatchGetBuilds shows it
  json::object settings;  ///< the project with the start's overrides, as the build goes by it
  std::string verdict = "SUCCEEDED";  ///< of the phases so far
  bool stopping = false;
  std::int64_t started_ms = 0;

  std::string id() const { return json::string_or(build, "id"); }
  std::string uuid() const;
  std::string project() const { return json::string_or(build, "projectName"); }
  bool complete() const { return json::bool_or(build, "buildComplete", false); }

  json::object to_document() const;
  static BuildRecord from_document(json::object document);
};

class BuildStore {
 public:
  explicit BuildStore(store::Store& store);

  std::optional<json::object> project(std::string_view name) const { return projects_.get(name); }
  void put_project(std::string_view name, const json::object& document) {
    projects_.put(name, document);
  }
  void erase_project(std::string_view name) { projects_.erase(name); }
  std::vector<std::pair<std::string, json::object>> projects() const { return projects_.list(); }

  std::optional<BuildRecord> build(std::string_view id) const;
  /// With the next number of its project, which it is given; what a repeated request is known by
  /// beside it.
  void add(BuildRecord& record, const json::object& token);
  void save(const BuildRecord& record);
  void erase(const BuildRecord& record);
  /// Ids of builds that are not complete, in the order in which they were started.
  std::vector<std::string> open() const;

  /// Oldest first.
  struct Started {
    std::string key;  ///< unique, in order of time
    std::string id;
    json::object token;
  };
  std::vector<Started> started() const;

 private:
  void put(store::WriteBatch& batch, const BuildRecord& record) const;
  void forget_oldest(store::WriteBatch& batch) const;
  void erase(store::WriteBatch& batch, const BuildRecord& record) const;

  store::Store& store_;
  store::Documents projects_;
  store::Documents counters_;
  store::Documents builds_;
  store::Documents started_;
  store::Documents open_;
};

}  // namespace tandem::codebuild
