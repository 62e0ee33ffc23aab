// Update expressions: SET, REMOVE, ADD and DELETE.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "services/dynamodb/model/condition.h"

namespace tandem::dynamodb {

/// operand, operand + operand or operand - operand.
struct SetValue {
  enum class Operator : std::uint8_t { kNone, kPlus, kMinus };
  Operator op = Operator::kNone;
  std::vector<Operand> operands;
};

struct UpdateAction {
  enum class Kind : std::uint8_t { kSet, kRemove, kAdd, kDelete };
  Kind kind = Kind::kSet;
  Path path;
  SetValue set;     ///< kSet
  Operand operand;  ///< kAdd, kDelete: a ":value"
};

struct Update {
  std::vector<UpdateAction> actions;

  /// The paths it writes.
  std::vector<const Path*> paths() const;
  /// Whether it makes an item where there is none: REMOVE and DELETE alone do not.
  bool creates_items() const;
};

/// Parses, resolves and checks. Throws ValidationException in AWS's words and with AWS's precedence
/// among several faults. The update borrows values from substitutions.
Update parse_update(std::string_view source, Substitutions& substitutions);

enum class ItemExists : bool { kNo, kYes };

/// Changes item, which already has its key attributes. Every operand is read before anything is
/// written. Throws ValidationException when the item's present shape does not allow the update;
/// item is then of no further use. Stops early when what is written alone is larger than an item.
void apply(const Update& update, Map& item, ItemExists exists);

/// Of a finished item.
aws::ApiError too_large_to_update();

}  // namespace tandem::dynamodb
