CREATE INDEX "audit_target" ON "audit" USING btree ("target","id");
CREATE INDEX "audit_actor" ON "audit" USING btree ("actor","id");
