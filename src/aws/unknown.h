// What a request holds and its operation's model does not have: newer than the model, or misspelt.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tandem::aws {

/// Names as the request spells them, behind the names of the members they stand in:
/// "Code.NotYetKnown". The first few; one is enough to refuse a request.
using UnknownNames = std::vector<std::string>;

/// The way to a structure in a request. A codec goes down with it, and a name is put together only
/// when something unknown was found. Borrows everything: for parameters.
class MemberPath {
 public:
  /// unknown may be null: then nobody asks.
  explicit MemberPath(UnknownNames* unknown) : unknown_(unknown) {}
  MemberPath(const MemberPath& above, std::string_view member)
      : unknown_(above.unknown_), above_(&above), member_(member) {}

  bool asked() const { return unknown_ != nullptr; }
  bool at_top() const { return above_ == nullptr; }
  /// name stands here and is unknown.
  void add(std::string_view name) const;

 private:
  UnknownNames* unknown_;
  const MemberPath* above_ = nullptr;
  std::string_view member_;
};

/// A field of a query string or a form that says who sends it and not what is wanted: those of
/// Signature Version 4 and 2, and "x-id", by which SDKs name the operation. A field that begins
/// with "x-amz-" is as the header of that name. AWS passes over everything else that begins with
/// "x-" (S3 user guide, "Amazon S3 server access log format", custom access log information).
bool is_about_the_sender(std::string_view field);
/// The same of a header that begins with "x-amz-".
bool header_is_about_the_sender(std::string_view header);

}  // namespace tandem::aws
