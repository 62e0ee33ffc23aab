// Interprets a Row.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "services/cloudformation/resources/expression.h"

namespace tandem::cloudformation {

class RowHandler final : public Handler {
 public:
  RowHandler(const Row& row, Shape shape) : row_(row), shape_(std::move(shape)) {}

  Task<Physical> create(HandlerContext& context, json::object properties) const override;
  Task<std::optional<Physical>> find(HandlerContext& context, Physical intended,
                                     json::object properties,
                                     std::set<std::string> known) const override;
  Task<Physical> read(HandlerContext& context, std::string identifier) const override;
  Task<Physical> update(HandlerContext& context, Physical physical, json::object before,
                        json::object after) const override;
  Task<void> remove(HandlerContext& context, Physical physical,
                    json::object properties) const override;

 private:
  /// A part as requests: what names it, what sets it.
  struct Piece {
    json::object drop;
    json::object put;
  };
  enum class Moment { kCreation, kUpdate, kRemoval };

  RowScope scope(const HandlerContext& context, const Physical& physical,
                 const json::object& properties, const json::object* before = nullptr) const {
    return {row_, shape_, context.identity(), physical, properties, before, nullptr, nullptr};
  }
  void require(const json::object& properties) const;
  void refuse_fixed(const json::object& before, const json::object& after) const;
  std::string known_id(const HandlerContext& context, const json::object& properties) const;
  json::object creation(const HandlerContext& context, const Physical& physical,
                        const json::object& properties) const;
  std::string_view reading() const {
    return row_.read_request.empty() ? row_.address : row_.read_request;
  }
  void refuse_taken(const HandlerContext& context, const Physical& physical,
                    const json::object& properties, const json::object& intent) const;
  Task<Physical> intended(HandlerContext& context, Physical physical,
                          json::object properties) const;
  Task<std::vector<json::object>> listed(HandlerContext& context, json::object properties) const;
  bool is_busy(const json::object& answer, const RowScope& scope) const;
  Task<json::object> wait(HandlerContext& context, Physical physical, json::object properties,
                          json::object answer) const;
  Task<void> wait_again(HandlerContext& context, Physical physical, json::object properties) const;

  std::vector<Piece> pieces(const Part& part, RowScope scope) const;
  Task<void> settle_parts(HandlerContext& context, Physical physical, json::object before,
                          json::object after, Moment moment) const;
  Task<void> settle_part(HandlerContext& context, const Part* part, Physical physical,
                         json::object before, json::object after) const;
  Task<void> settle_tags(HandlerContext& context, Physical physical, json::object before,
                         json::object after) const;
  json::array patches(const json::object& before, const json::object& after) const;
  Task<json::object> send_patches(HandlerContext& context, Physical physical,
                                  json::object properties, json::array patches) const;

  const Row& row_;
  const Shape shape_;
};

/// What brings the value at a path from before to after; null: not there.
void patch_value(Patch& patch, std::string path, const Shape& shape, const json::value* before,
                 const json::value* after, std::string_view otherwise, const Row& row);

}  // namespace tandem::cloudformation
